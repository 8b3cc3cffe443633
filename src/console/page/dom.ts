/** Elements made and changed without markup: whatever an object is called stays text. */

type Child = Node | string;

/** `tag.class.class` with children; attributes by name. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tagAndClasses: K | `${K}.${string}`,
  attributes: Readonly<Record<string, string>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const [tag = '', ...classes] = tagAndClasses.split('.');
  const element = document.createElement(tag) as HTMLElementTagNameMap[K];
  element.classList.add(...classes);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The element with this id, which the page has. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`no element ${id}`);
  return element;
}

/** Nothing is touched that is the same already: it would be read out, and lose its selection. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Shares of a row of flexible boxes, and of a fill in its box. */
export function setShare(
  element: HTMLElement,
  name: 'flex-grow' | 'width' | 'left' | 'height',
  value: string,
): void {
  if (element.style.getPropertyValue(name) !== value) element.style.setProperty(name, value);
}

/** What draws one item, and draws it again. */
export interface View<T> {
  readonly element: HTMLElement;
  update(item: T): void;
}

/** Keeps a list's elements as its items come, change and go, so that what moves can move. */
export function list<T>(
  container: Element,
  keyOf: (item: T) => string,
  create: (item: T) => View<T>,
): (items: readonly T[]) => void {
  const views = new Map<string, View<T>>();
  return (items) => {
    const keys = new Set(items.map(keyOf));
    for (const [key, view] of views) {
      if (keys.has(key)) continue;
      view.element.remove();
      views.delete(key);
    }
    let place = container.firstElementChild;
    for (const item of items) {
      const key = keyOf(item);
      let view = views.get(key);
      if (view === undefined) {
        view = create(item);
        views.set(key, view);
      }
      view.update(item);
      if (view.element === place) place = place.nextElementSibling;
      else container.insertBefore(view.element, place);
    }
  };
}

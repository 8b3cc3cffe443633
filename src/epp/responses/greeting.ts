import { childOf, childrenOf, textOf, type XmlElement } from '../xml-element.ts';

/** `<greeting>` (RFC 5730 section 2.4). The data collection policy is left out. */
export interface Greeting {
  svID: string;
  /** XML Schema dateTime as the server wrote it. */
  svDate: string;
  versions: string[];
  langs: string[];
  objURIs: string[];
  extURIs: string[];
}

/** What is missing is empty: a login is tried with what is there. */
export function readGreeting(element: XmlElement): Greeting {
  const menu = childOf(element, 'svcMenu');
  const extension = menu && childOf(menu, 'svcExtension');
  const texts = (parent: XmlElement | undefined, local: string) =>
    parent ? childrenOf(parent, local).map(textOf) : [];
  const text = (local: string) => {
    const child = childOf(element, local);
    return child ? textOf(child) : '';
  };
  return {
    svID: text('svID'),
    svDate: text('svDate'),
    versions: texts(menu, 'version'),
    langs: texts(menu, 'lang'),
    objURIs: texts(menu, 'objURI'),
    extURIs: texts(extension, 'extURI'),
  };
}

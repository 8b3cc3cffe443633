import { stringify } from 'yaml';

/** A file of an adapter or a gateway as YAML with sorted keys: the text is hashed. */
export function fileText(file: object): string {
  return stringify(file, { sortMapEntries: true, lineWidth: 0, aliasDuplicateObjects: false });
}

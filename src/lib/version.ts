/** Set by the bundler; a run from source has no version. */
declare const EPPSET_VERSION: string | undefined;
export const VERSION: string = typeof EPPSET_VERSION === 'string' ? EPPSET_VERSION : 'development';

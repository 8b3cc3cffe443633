/** The dialects that `EppRegistry.spec.profile` can name. Their data stand beside this file. */
export const PROFILE_NAMES = ['generic', 'verisign', 'cnnic', 'nomulus'] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

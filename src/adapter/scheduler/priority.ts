/**
 * What is served first. Transforms earn or lose names; somebody waits for the answer of a query; background work (poll, the
 * balance, the canary) comes again by itself.
 */
export const PRIORITIES = ['transform', 'query', 'background'] as const;

export type Priority = (typeof PRIORITIES)[number];

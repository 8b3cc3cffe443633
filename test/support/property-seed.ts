/**
 * Properties (fast-check) run with the same random numbers every time, so that a red run is about the change at hand and can be repeated.
 * `make properties` looks for counterexamples with others; PROPERTY_SEED repeats one of its runs.
 */
import fc from 'fast-check';

const DEFAULT_SEED = 20_260_101;

const text = process.env.PROPERTY_SEED;
const seed = text === undefined ? DEFAULT_SEED : Number(text);
if (!Number.isInteger(seed)) throw new Error(`PROPERTY_SEED is ${text}: it must be a whole number`);
fc.configureGlobal({ seed });

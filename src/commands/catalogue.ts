import type { Command } from 'commander';

export interface Subcommand {
  name: string;
  description: string;
  load(): Promise<Command>;
}

/** Every subcommand, loaded only when it is the one that runs. */
export const SUBCOMMANDS: readonly Subcommand[] = [
  {
    name: 'operator',
    description: 'controllers and connection allocator, leader-elected',
    load: async () => (await import('./operator.ts')).operatorCommand(),
  },
  {
    name: 'console',
    description: 'the console on this machine alone, with your own rights in the cluster',
    load: async () => (await import('./console.ts')).consoleCommand(),
  },
  {
    name: 'adapter',
    description: 'HTTP/JSON to EPP for one set, within its connection grants',
    load: async () => (await import('./adapter.ts')).adapterCommand(),
  },
  {
    name: 'gateway',
    description: 'one HTTP face for all sets of a region',
    load: async () => (await import('./gateway.ts')).gatewayCommand(),
  },
  {
    name: 'simulator',
    description: 'an EPP registry for demos, tests and benchmarks',
    load: async () => (await import('./simulator.ts')).simulatorCommand(),
  },
  {
    name: 'try',
    description: 'operator, simulators, adapters and gateways in one process: needs no cluster',
    load: async () => (await import('./try.ts')).tryCommand(),
  },
  {
    name: 'plan',
    description: 'what applying manifests would change',
    load: async () => (await import('./plan.ts')).planCommand(),
  },
  {
    name: 'status',
    description: 'accounts with their connections, sets, gateways and recent events',
    load: async () => (await import('./status.ts')).statusCommand(),
  },
  {
    name: 'epp',
    description: 'turns EPP frames into JSON and back',
    load: async () => (await import('./epp.ts')).eppCommand(),
  },
  {
    name: 'crds',
    description: 'prints the custom resource definitions',
    load: async () => (await import('./crds.ts')).crdsCommand(),
  },
  {
    name: 'openapi',
    description: 'prints the OpenAPI document of the HTTP face of adapters',
    load: async () => (await import('./openapi.ts')).openApiCommand(),
  },
  {
    name: 'healthcheck',
    description: 'asks an eppset whether it is well',
    load: async () => (await import('./healthcheck.ts')).healthcheckCommand(),
  },
];

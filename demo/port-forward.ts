import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/** `kubectl port-forward` to a Service, started again whenever its pod has gone. */
export class PortForward {
  private stopped = false;
  private child: ChildProcess | undefined;
  private port = 0;
  private readonly kubectl: string;
  private readonly namespace: string;
  private readonly service: string;

  private constructor(kubectl: string, namespace: string, service: string) {
    this.kubectl = kubectl;
    this.namespace = namespace;
    this.service = service;
  }

  /** Resolves when it forwards. */
  static async start(kubectl: string, namespace: string, service: string): Promise<PortForward> {
    const forward = new PortForward(kubectl, namespace, service);
    for (let tries = 0; tries < 60; tries++) {
      if (await forward.run()) return forward;
      await delay(1_000);
    }
    throw new Error(`kubectl port-forward to the service ${service} does not come up`);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  stop(): void {
    this.stopped = true;
    this.child?.kill();
  }

  /** True once it forwards; false when it ended before. Later ends start it again, on the same port. */
  private run(): Promise<boolean> {
    const { kubectl, namespace, service, port } = this;
    const args = ['port-forward', '-n', namespace, `service/${service}`, `${port || ''}:8080`];
    const child = spawn(kubectl, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.child = child;
    return new Promise((resolve) => {
      let up = false;
      child.stdout.on('data', (chunk: Buffer) => {
        const found = /127\.0\.0\.1:(\d+)/.exec(chunk.toString());
        if (!found) return;
        this.port = Number(found[1]);
        up = true;
        resolve(true);
      });
      child.on('error', () => resolve(false));
      child.on('exit', () => {
        resolve(false);
        if (up && !this.stopped) void delay(300).then(() => this.stopped || this.run());
      });
    });
  }
}

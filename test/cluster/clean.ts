/** Removes everything that the test cluster ever made on this machine. */
import { rm } from 'node:fs/promises';
import { removeLeftovers, runningServers } from './api.ts';
import { allRecords } from './cluster-records.ts';
import { removeEngineData, runningEngine, stopEngine } from './engine.ts';
import { cacheRoot, stateRoot } from './folders.ts';
import { ownImages } from './image.ts';
import { deleteCluster } from './kind.ts';
import { isRunning } from './processes.ts';
import type { Progress } from './progress.ts';

export async function clean(progress: Progress): Promise<void> {
  await removeLeftovers();
  const users = [
    ...runningServers(),
    ...allRecords().flatMap(({ owner }) => (owner && isRunning(owner) ? [owner] : [])),
  ].filter(({ pid }) => pid !== process.pid);
  if (users.length > 0) {
    const pids = [...new Set(users.map(({ pid }) => pid))].join(', ');
    throw new Error(`tests use the test cluster right now: end process ${pids} first`);
  }
  const engine = await runningEngine();
  for (const { name } of allRecords()) {
    progress.line(`removing the cluster ${name}`);
    await deleteCluster(name, progress);
  }
  if (engine && !engine.own) {
    const images = await ownImages(engine);
    if (images.length > 0) {
      progress.line(`removing images: ${images.join(', ')}`);
      await engine.dockerOk(['rmi', '--force', ...images]);
    }
  }
  if (await stopEngine()) progress.line('the Docker daemon of our own is stopped');
  await removeEngineData();
  for (const folder of [stateRoot(), cacheRoot()]) {
    progress.line(`removing ${folder}`);
    await rm(folder, { recursive: true, force: true });
  }
  progress.line(
    "left as they were: installed Debian packages, and Go's own caches (go clean -cache -modcache)",
  );
}

/** Of the coordination.k8s.io Lease that the adapter holds which runs the periodic jobs of a registry account. */
export function jobsLeaseName(registry: string): string {
  return `eppset-jobs-${registry}`;
}

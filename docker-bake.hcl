# `docker buildx bake`: the image for both architectures, with provenance and SBOM attestations. The same revision gives the same layers:
# file times are those of SOURCE_DATE_EPOCH. Needs dist/ (`make build`).
variable "VERSION" { default = "0.0.0" }
variable "REVISION" { default = "unknown" }
variable "REPOSITORY" { default = "ghcr.io/eppset/eppset" }
# Seconds: `git log -1 --format=%ct`.
variable "SOURCE_DATE_EPOCH" { default = "0" }

target "default" {
  context    = "."
  platforms  = ["linux/amd64", "linux/arm64"]
  tags       = ["${REPOSITORY}:${VERSION}"]
  args       = { VERSION = VERSION, REVISION = REVISION, SOURCE_DATE_EPOCH = SOURCE_DATE_EPOCH }
  attest     = ["type=provenance,mode=max", "type=sbom"]
  output     = ["type=registry,rewrite-timestamp=true"]
}

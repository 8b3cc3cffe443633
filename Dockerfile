# The image of eppset: one executable for the operator, the adapters, the gateway and the simulator. Needs dist/ (make build).
# `make image` builds both, and makes a base of Debian packages where the default one cannot be pulled.
#
# BASE: Node 24 in PATH, with tini, or with apt-get to install it.
ARG BASE=node:24.21.0-bookworm-slim

FROM ${BASE} AS parts
RUN command -v tini > /dev/null || { \
      apt-get update \
      && apt-get install --yes --no-install-recommends tini ca-certificates; }
# Only node, tini and the libraries that they load go on: no shell, no package manager, no npm, and 100 MB less.
RUN set -eu; \
    mkdir -p /out/etc/ssl/certs /out/usr/bin /out/usr/local/bin /out/tmp /out/proc /out/sys /out/dev /out/run; \
    chmod 1777 /out/tmp; \
    cp -L "$(command -v node)" /out/usr/local/bin/node; \
    cp -L "$(command -v tini)" /out/usr/bin/tini; \
    { ldd /out/usr/local/bin/node; ldd /out/usr/bin/tini; } \
      | grep -o '/[^ ]*' | sort -u | while read -r library; do cp -L --parents "$library" /out; done; \
    if [ -f /etc/ssl/certs/ca-certificates.crt ]; then cp -L /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/; fi; \
    echo 'root:x:0:0::/:/sbin/nologin' > /out/etc/passwd; \
    echo 'eppset:x:65532:65532::/:/sbin/nologin' >> /out/etc/passwd; \
    printf 'root:x:0:\neppset:x:65532:\n' > /out/etc/group; \
    echo 'hosts: files dns' > /out/etc/nsswitch.conf

FROM scratch
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="eppset" \
      org.opencontainers.image.description="A Kubernetes operator for domain registrars: EPP traffic in sets that share a registry's connections" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="https://github.com/eppset/eppset" \
      io.eppset.sbom="/app/sbom.cdx.json"
COPY --from=parts /out/ /
COPY dist/ /app/
COPY LICENSE /app/LICENSE
# Writes nothing: made for a read-only root file system, no capability, any user id.
ENV PATH=/usr/local/bin:/usr/bin NODE_ENV=production
USER 65532:65532
WORKDIR /app
# Kubernetes asks over HTTP and leaves this alone; other engines have nothing better.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["/usr/local/bin/node", "/app/eppset.js", "healthcheck"]
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/node", "--enable-source-maps", "/app/eppset.js"]
CMD ["--help"]

# The one image: recorder, uploader, inspector, verifier and simulator. It runs with a read-only root file system;
# everything it writes goes to mounted volumes. The same commit gives the same bytes: docs/deploy.md, "Images".

# An index of all architectures, of 2026-09-10.
ARG NODE_IMAGE=docker.io/library/node:24.21.0-bookworm-slim@sha256:2fe369e969550cde8e867afc3fe370b260140cab4a23d467074295b42163d553

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
# Debian as it was then, which snapshot.debian.org keeps. Empty: as it is now, from the image's own sources.
ARG DEBIAN_SNAPSHOT=20261115T000000Z
RUN options=""; \
  if [ -n "$DEBIAN_SNAPSHOT" ]; then \
    for suite in "debian bookworm" "debian bookworm-updates" "debian-security bookworm-security"; do \
      echo "deb [check-valid-until=no] http://snapshot.debian.org/archive/${suite% *}/$DEBIAN_SNAPSHOT ${suite#* } main"; \
    done > /tmp/snapshot.list; \
    options="-o Dir::Etc::SourceList=/tmp/snapshot.list -o Dir::Etc::SourceParts=/dev/null"; \
  fi \
  && apt-get $options --option Acquire::Retries=5 update \
  && apt-get $options --option Acquire::Retries=5 install --yes --no-install-recommends ca-certificates rclone \
  # Times and inodes of the building machine; nothing reads them again.
  && rm -rf /tmp/snapshot.list /var/lib/apt/lists/* /var/log/*.log /var/log/apt /var/cache/ldconfig/aux-cache
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY runtime runtime
# The commit this image is built from: it reaches every manifest and every evidence document.
ARG REVISION=unknown
LABEL org.opencontainers.image.title="orderbooks" \
  org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production ORDERBOOKS_REVISION="${REVISION}"
# Two arenas are enough for four threads that compress and write; by default glibc opens one per thread and keeps it.
ENV NODE_COMPILE_CACHE=/app/compile-cache MALLOC_ARENA_MAX=2
RUN mkdir /app/compile-cache && chown 10001:10001 /app/compile-cache
USER 10001:10001
# Node keeps the cache per user, so this comes after USER. It saves each start the translation of all TypeScript. Without the
# first two options V8 writes other bytes each time, without the others wherever its garbage collector came at another moment: the
# cache holds the age of functions. V8 leaves all four out of what a cache must have in common with its reader.
RUN node --predictable --random-seed=1 --min-semi-space-size=256 --max-semi-space-size=256 /app/runtime/process/fill-compile-cache.ts > /dev/null
ENTRYPOINT ["node", "/app/runtime/main.ts"]
CMD ["--help"]

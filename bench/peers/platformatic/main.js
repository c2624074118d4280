// Platformatic DB over the table that is there: a configuration, and one hook for what the table has no default for.
import { create } from '@platformatic/db';

const configuration = {
  server: { hostname: '127.0.0.1', port: Number(process.env.PORT), logger: { level: 'info' } },
  db: {
    connectionString: process.env.DATABASE_URL.replace('mariadb:', 'mysql:'),
    include: { resource: true },
    // The version would otherwise be asked of the caller: that the column has a default is not looked at.
    openapi: { ignore: { resource: { version: true } } },
    graphql: false,
  },
  plugins: { paths: ['ids.js'] },
};
const app = await create(import.meta.dirname, configuration, { isEntrypoint: true, isProduction: true });
// Once more: in a container it puts every address in the place of the one that is configured.
app.serverConfig.hostname = app.config.server.hostname = '127.0.0.1';
await app.start({ listen: true });

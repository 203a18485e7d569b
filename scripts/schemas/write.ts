/** `tsx scripts/schemas/write.ts`: writes schemas/ anew. With --check: fails where a file is stale. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as prettier from 'prettier';
import { publishedSchemas } from './schemas.ts';

const folder = path.resolve(import.meta.dirname, '..', '..', 'schemas');
const isCheck = process.argv.includes('--check');
let staleCount = 0;
fs.mkdirSync(folder, { recursive: true });
for (const [name, schema] of publishedSchemas()) {
  const file = path.join(folder, name);
  const options = { ...(await prettier.resolveConfig(file)), filepath: file };
  const text = await prettier.format(JSON.stringify(schema), options);
  if (fs.existsSync(file) && fs.readFileSync(file, 'utf8') === text) continue;
  staleCount++;
  if (isCheck) console.error(`schemas/${name} is stale: run \`npm run docs\``);
  else fs.writeFileSync(file, text);
}
process.exit(isCheck && staleCount > 0 ? 1 : 0);

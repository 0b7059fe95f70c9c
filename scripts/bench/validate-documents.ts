import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fields, text } from '../validate/fields.ts';
import { isValid, knownKinds } from '../validate/schema-store.ts';
import { parseSource } from '../validate/source-file.ts';

/** What `bench:validate` measures: every file of a folder, parsed with its positions and judged by its schema. */
const [folder = ''] = process.argv.slice(2);
let valid = 0;
for (const file of readdirSync(folder)) {
  for (const { value } of parseSource(file, readFileSync(join(folder, file), 'utf8')).documents) {
    const { apiVersion, kind } = fields(value);
    const known = knownKinds().get(`${text(apiVersion)}/${text(kind)}`);
    if (known !== undefined && isValid(known.schema, value)) valid += 1;
  }
}
console.log(`${valid} valid`);

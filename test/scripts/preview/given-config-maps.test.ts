import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { givenConfigMaps } from '../../../scripts/preview/given-config-maps.ts';
import { delivery } from '../../kargo/bundle.ts';
import { SETTINGS } from '../../settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'orderbooks-given-config-maps-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const TICKET = `apiVersion: v1
kind: ConfigMap
metadata:
  name: break-glass
data:
  id: INC-42
`;
const BINARY = `apiVersion: v1
kind: ConfigMap
metadata:
  name: market-sessions
  namespace: ${SETTINGS.project}
binaryData:
  knownThrough: MjAyNy0xMi0zMQ==
  "2026-11-21": gP8A
`;

describe('ConfigMaps given to a preview', () => {
  it('are taken from several files, and from the list that kubectl prints', async () => {
    const list = { kind: 'List', items: [{ kind: 'ConfigMap', metadata: { name: 'a' } }] };
    const { data, notes } = await givenConfigMaps([
      fileOf('ticket.yaml', TICKET),
      fileOf('list.json', JSON.stringify(list)),
    ]);
    expect([...data]).toEqual([
      ['break-glass', { id: 'INC-42' }],
      ['a', {}],
    ]);
    expect(notes).toEqual([]);
  });

  it('of binary data are empty for the gates, which then refuse, and the preview says why', async () => {
    const { data, notes } = await givenConfigMaps([fileOf('binary.yaml', BINARY)]);
    expect(notes).toEqual([
      'ConfigMap market-sessions has binary data, which Kargo shows to no expression: as if without knownThrough, 2026-11-21',
    ]);
    const subject = delivery('2026-11-21T15:00:00Z');
    subject.evidence();
    subject.configMap('market-sessions', data.get('market-sessions') ?? null);
    const refused = await subject.promote();
    expect(refused).toMatchObject({ phase: 'Failed', pushed: false });
    expect(refused.message).toMatch(
      /^step "market-gate::unknown": failed: Market gate: it is unkn/,
    );
  });

  it.each([
    ['a number', TICKET.replace('INC-42', '42'), /:6:7: data\.id: expected a text/],
    ['a list', TICKET.replace('id: INC-42', '- id'), /:5:1: data: .*expected record/],
    ['no name', TICKET.replace('name: break-glass', '{}'), /:3:1: metadata\.name: .*string/],
    [
      'another namespace',
      TICKET.replace('\ndata:', '\n  namespace: argocd\ndata:'),
      new RegExp(`:5:14: metadata\\.namespace: expected ${SETTINGS.project}`),
    ],
    ['a Secret', TICKET.replace('ConfigMap', 'Secret'), /:2:7: expected a ConfigMap, got Secret/],
    ['two values for one key', `${TICKET}  id: INC-43\n`, /:7:3: map keys must be unique/],
    ['no YAML', 'a: [', /no-yaml|:1:5:/],
  ])('with %s are refused with file, line and column', async (name, text, message) => {
    const file = fileOf(`${name.replaceAll(' ', '-')}.yaml`, text);
    await expect(givenConfigMaps([file])).rejects.toThrow(message);
    await expect(givenConfigMaps([file])).rejects.toThrow(file);
  });

  it('that cannot be read are an error that names the file', async () => {
    const file = join(folder, 'absent.yaml');
    await expect(givenConfigMaps([file])).rejects.toMatchObject({ code: 'CONFIG_MAPS_UNREADABLE' });
  });
});

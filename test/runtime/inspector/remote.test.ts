import { describe, expect, it } from 'vitest';
import type { UploadManifest } from '../../../runtime/archive/manifest.ts';
import { readRemote, selectUpload } from '../../../runtime/inspector/remote.ts';
import type { Remote } from '../../../runtime/uploader/remote.ts';
import { RecordedRun, sha } from '../gates/recorded-run.ts';
import { uploadManifest } from '../gates/volume.ts';
import { World } from '../gates/world.ts';

describe('the upload that is meant', () => {
  const uploads = [
    named('first', 'job-a-x7k2p', true),
    named('second', 'job-b-y8l3q', true),
    named('empty', 'job-c-z9m4r', false),
  ];

  it.each([
    ['the newest with files, if none is named', undefined, 'second'],
    ['the one with that id, with files or without', 'empty', 'empty'],
    ['the one of that pod', 'job-a-x7k2p', 'first'],
    ['the one of that Job', 'job-b', 'second'],
    ['none where no pod of a Job is meant', 'job', undefined],
    ['none where nothing is called so', 'third', undefined],
  ])('is %s', (_what, wanted, id) => {
    expect(selectUpload(uploads, wanted)?.upload_id).toBe(id);
  });
});

describe('what is read back', () => {
  const upload = named('first', 'job-a-x7k2p', true);
  const [file] = upload.files;
  const path = file?.remote_path ?? '';

  it('is the hash of each file, as it is now', async () => {
    expect(await readRemote(holding({ [path]: { sha256: sha('now') } }), upload)).toMatchObject([
      { path: file?.path, remote_path: path, observed_sha256: sha('now') },
      { observed_sha256: null, error: 'no answer for it' },
    ]);
    const [first] = await readRemote(holding({ [path]: { sha256: sha('now') } }), upload);
    expect(first).not.toHaveProperty('error');
  });

  it.each([
    ['type', { type: 'rclone', target: '/remote' }],
    ['target', { type: 'directory', target: '/another' }],
  ] as const)(
    'of another %s than the upload went to is an error, whatever is found there',
    async (_what, place) => {
      const found = await readRemote(holding({ [path]: { sha256: sha('now') } }, place), upload);
      expect(found[0]?.error).toMatch(
        /^upload first went to directory \/remote, the configuration/,
      );
    },
  );
});

function named(id: string, pod: string, files: boolean): UploadManifest {
  const world = new World();
  const run = new RecordedRun(world, 'run', 'pod', world.time - 31_000);
  const volume = { recorded: files ? [run] : [], collected: [] };
  return { ...uploadManifest(volume, { at: world.time, job: 'job' }), upload_id: id, pod };
}

function holding(
  files: Readonly<Record<string, { readonly sha256: string }>>,
  place: { readonly type: 'rclone' | 'directory'; readonly target: string } = {
    type: 'directory',
    target: '/remote',
  },
): Remote {
  const nothing = async (): Promise<never> => {
    throw new Error('only reading back was expected');
  };
  return {
    ...place,
    copy: nothing,
    verify: nothing,
    readBack: async () => new Map(Object.entries(files)),
  };
}

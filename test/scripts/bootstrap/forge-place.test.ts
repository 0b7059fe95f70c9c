import { describe, expect, it } from 'vitest';
import { forgePlace, type PlaceFlags } from '../../../scripts/bootstrap/forge-place.ts';
import { GITHUB_API } from '../../../scripts/bootstrap/github.ts';

const REPO_URL = 'https://git.example.com/data/orderbooks.git';
const place = (flags: Partial<PlaceFlags>) => forgePlace({ forge: 'forgejo', ...flags }, REPO_URL);

describe('the place of the repository', () => {
  it('is that of the settings where nothing is said', () => {
    const repository = { owner: 'data', name: 'orderbooks' };
    expect(place({})).toEqual({ base: 'https://git.example.com', repository });
    expect(place({ forge: 'github' })).toEqual({ base: GITHUB_API, repository });
  });

  it('keeps the path under which a forge is served', () => {
    expect(place({ forgeUrl: 'https://example.com/git/' }).base).toBe('https://example.com/git');
  });

  it.each([
    { repository: 'https://bot:marked@git.example.com/a/b' },
    { repository: 'marked' },
    { forgeUrl: 'https://bot:marked@git.example.com' },
    { forgeUrl: 'https://git.example.com/?token=marked' },
    { forgeUrl: 'marked.example.com' },
    { forgeUrl: 'file:///marked' },
  ])('is refused as %j, and not repeated', (flags) => {
    expect(() => place(flags)).toThrow(/expected/);
    expect(() => place(flags)).not.toThrow(/marked/);
  });

  it('has TLS, unless it is this machine or nobody minds', () => {
    expect(() => place({ forgeUrl: 'http://git.example.com' })).toThrow(/has no TLS/);
    expect(() => forgePlace({ forge: 'forgejo' }, 'http://git.example.com/a/b.git')).toThrow(
      /has no TLS/,
    );
    const forgeUrl = 'http://git.example.com';
    expect(place({ forgeUrl, forgeInsecure: true }).base).toBe(forgeUrl);
    for (const mine of ['http://127.0.0.1:3000', 'http://localhost:3000', 'http://[::1]:3000']) {
      expect(place({ forgeUrl: mine }).base).toBe(mine);
    }
  });
});

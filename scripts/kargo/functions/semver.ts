import { Fault } from '../expr/error.ts';
import { declareStruct, type FunctionTable, HostObject } from '../expr/host.ts';
import { Sized } from '../expr/value.ts';
import {
  formatVersion,
  incremented,
  parseVersion,
  type SemanticVersion,
  versionDifference,
} from '../semver.ts';
import { textArgument } from './argument.ts';

declareStruct('semver.Version', {
  fields: {},
  methods: {
    // uint64 in Go; the difference cannot be seen below 2^63.
    Major: 'func() int64',
    Minor: 'func() int64',
    Patch: 'func() int64',
    Prerelease: 'func() string',
    Metadata: 'func() string',
    Original: 'func() string',
    String: 'func() string',
    IncMajor: 'func() semver.Version',
    IncMinor: 'func() semver.Version',
    IncPatch: 'func() semver.Version',
  },
});

export const semverFunctions: FunctionTable = {
  semverDiff: {
    types: ['func(string, string) string'],
    call: (left, right) =>
      versionDifference(
        textArgument(left, 'first argument'),
        textArgument(right, 'second argument'),
      ),
  },
  semverParse: {
    types: ['func(string) *semver.Version'],
    call: (text) => {
      const version = parseVersion(textArgument(text));
      if (version === undefined) {
        throw new Fault('invalid semantic version: invalid semantic version');
      }
      return new VersionObject('*semver.Version', version);
    },
  },
};

/** A version as expressions see it. */
export class VersionObject extends HostObject {
  readonly version: SemanticVersion;

  constructor(type: string, version: SemanticVersion) {
    const next = (part: 'major' | 'minor' | 'patch') => () =>
      new VersionObject('semver.Version', incremented(version, part));
    super(
      type,
      {},
      {
        Major: () => new Sized('int64', version.major),
        Minor: () => new Sized('int64', version.minor),
        Patch: () => new Sized('int64', version.patch),
        Prerelease: () => version.prerelease,
        Metadata: () => version.metadata,
        Original: () => version.original,
        String: () => formatVersion(version),
        IncMajor: next('major'),
        IncMinor: next('minor'),
        IncPatch: next('patch'),
      },
    );
    this.version = version;
  }

  override toString(): string {
    return formatVersion(this.version);
  }
}

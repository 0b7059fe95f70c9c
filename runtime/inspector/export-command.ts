import { type ExportOptions, type ExportResult, exportFrames } from './export.ts';

/**
 * `orderbooks inspect --export`. Frames go to the output, what is to be known of them to `tell`. Exit code 1 when no
 * frame names the market, or an archive is damaged: then what could be read is written all the same.
 */
export async function exportCommand(
  options: ExportOptions,
  tell: (text: string) => void = (text) => process.stderr.write(text),
): Promise<number> {
  const result = await exportFrames(options);
  tell(summary(options, result));
  return result.frames > 0 && result.problems.length === 0 ? 0 : 1;
}

function summary({ market: asked, output }: ExportOptions, result: ExportResult): string {
  const { market, archives, frames, gaps, problems } = result;
  const name = market.slug ?? asked;
  const lines = [
    ...problems.map((problem) => `WRONG  ${problem}`),
    frames === 0
      ? `no frame names ${name} in ${archives} archives; nothing was written`
      : `${frames} frames that name ${name}, of ${archives} archives${output === undefined ? '' : `, are in ${output}`}`,
    ...(gaps === 0
      ? []
      : [`${gaps} gap rows in these archives say where frames may be missing, and why`]),
  ];
  return `${lines.join('\n')}\n`;
}

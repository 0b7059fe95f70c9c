import { RAW_FOLDER } from '../archive/layout.ts';
import type { ArchiveReport } from '../inspector/report.ts';

/** Why an archive is not whole, where it belongs, of this image and as its manifest says; empty if it is. */
export function archiveFaults(archive: ArchiveReport, imageDigest: string): string[] {
  const found: string[] = [];
  if (!archive.path.startsWith(`${RAW_FOLDER}/${archive.stream}/`)) {
    found.push(`${archive.path}: lies outside ${RAW_FOLDER}/${archive.stream}`);
  }
  if (!archive.complete) {
    found.push(`${archive.path}: not complete (${archive.errors.join(', ') || 'cut off'})`);
  }
  if (archive.manifest !== 'match') found.push(`${archive.path}: manifest ${archive.manifest}`);
  if (!(archive.image ?? '').endsWith(imageDigest)) {
    found.push(`${archive.path}: written by ${archive.image || 'an unnamed image'}`);
  }
  // Wrong hashes and sequences are errors too; they have checks of their own.
  const judgedElsewhere =
    archive.payload_mismatches + archive.sequence_breaks + archive.connection_sequence_breaks > 0;
  if (archive.complete && archive.errors.length > 0 && !judgedElsewhere) {
    found.push(`${archive.path}: ${archive.errors.join(', ')}`);
  }
  return found;
}

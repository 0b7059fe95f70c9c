/** One slab; what is left of the last one when a payload does not fit is the only waste. */
const SLAB_BYTES = 262_144;
/** Larger payloads are assembled by the websocket library in a buffer of their own already. */
const OWN_BUFFER_FROM = 65_536;

/**
 * Keeps payloads close together. A payload as `ws` hands it out is a view of what one read of the socket brought: on a
 * trickling feed each such read is an allocation cut down from 64 KB, of which a whole page stays resident, so that
 * frames waiting for a disk cost several times their size. Copying 600 bytes costs less than their hash.
 */
export class PayloadSlab {
  #slab = Buffer.alloc(0);
  #used = 0;

  /** The same bytes, in memory that holds nothing but payloads. */
  keep(payload: Buffer): Buffer {
    const { length } = payload;
    if (length >= OWN_BUFFER_FROM) return payload;
    if (this.#used + length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#used = 0;
    }
    const kept = this.#slab.subarray(this.#used, this.#used + length);
    payload.copy(kept);
    this.#used += length;
    return kept;
  }
}

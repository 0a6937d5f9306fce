/** What was read so far of a WAV without an end: its rate, and the samples that have come whole. */
const header_bytes = 44;

/**
 * Takes a hub's endless WAV (44 bytes of header, then 16-bit little-endian samples of one channel) as the network cuts
 * it, and gives samples.
 */
export class WavReader {
  /** 0 until the header has come. */
  rate_hz = 0;
  private rest_ = new Uint8Array();

  /** The whole samples that are there now. Throws where it is no such WAV. */
  push(bytes: Uint8Array): Int16Array {
    let all = new Uint8Array(this.rest_.length + bytes.length);
    all.set(this.rest_);
    all.set(bytes, this.rest_.length);
    if (this.rate_hz === 0) {
      if (all.length < header_bytes) {
        this.rest_ = all;
        return new Int16Array();
      }
      this.rate_hz = rateOf(new DataView(all.buffer, 0, header_bytes));
      all = all.slice(header_bytes);
    }
    const whole = all.length - (all.length % 2);
    this.rest_ = all.slice(whole);
    const view = new DataView(all.buffer, 0, whole);
    return Int16Array.from({ length: whole / 2 }, (_, i) => view.getInt16(2 * i, true));
  }
}

function rateOf(header: DataView): number {
  const riff = header.getUint32(0, false) === 0x52494646 && header.getUint32(8, false) === 0x57415645;
  const pcm = header.getUint16(20, true) === 1 && header.getUint16(22, true) === 1 && header.getUint16(34, true) === 16;
  const rate_hz = header.getUint32(24, true);
  if (!riff || !pcm || rate_hz < 8000 || rate_hz > 48000) throw new Error('The hub sent no sound that can be played.');
  return rate_hz;
}

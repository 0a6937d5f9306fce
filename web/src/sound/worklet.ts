/** Plays what the page hands it, on the browser's thread for sound; tells how loud it was, about twenty times a second. */
import { JitterBuffer } from './jitter_buffer.ts';

declare const sampleRate: number;
declare function registerProcessor(name: string, processor: unknown): void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

const told_every_s = 0.05;

class SoundProcessor extends AudioWorkletProcessor {
  private buffer_: JitterBuffer | null = null;
  private square_sum_ = 0;
  private counted_ = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<{ rate_hz: number } | Int16Array>): void => {
      if (data instanceof Int16Array) this.buffer_?.push(data);
      else this.buffer_ = new JitterBuffer(data.rate_hz, sampleRate);
    };
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const out = outputs[0]?.[0];
    if (!out) return true;
    this.buffer_?.pull(out);
    for (const sample of out) this.square_sum_ += sample * sample;
    this.counted_ += out.length;
    if (this.counted_ < told_every_s * sampleRate) return true;
    this.port.postMessage(Math.sqrt(this.square_sum_ / this.counted_));
    this.square_sum_ = 0;
    this.counted_ = 0;
    return true;
  }
}

registerProcessor('rh-sound', SoundProcessor);

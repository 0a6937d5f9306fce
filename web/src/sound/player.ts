import worklet_url from './worklet.ts?worker&url';

/** Where samples go to be heard. */
export interface SoundPlayer {
  /** A new stream begins; its samples follow. */
  begin(rate_hz: number): void;
  play(samples: Int16Array): void;
  /** 0 to 1. */
  setVolume(volume: number): void;
  close(): void;
}

/** Plays by the browser's sound card. Made by a person's press of something, or the browser keeps it silent. */
export async function openPlayer(volume: number, onLoudness: (rms: number) => void): Promise<SoundPlayer> {
  const context = new AudioContext({ latencyHint: 'interactive' });
  try {
    await Promise.all([context.audioWorklet.addModule(worklet_url), context.resume()]);
    const node = new AudioWorkletNode(context, 'rh-sound', { numberOfInputs: 0, outputChannelCount: [1] });
    const gain = new GainNode(context, { gain: gainOf(volume) });
    node.connect(gain).connect(context.destination);
    node.port.onmessage = ({ data }: MessageEvent<number>): void => onLoudness(data);
    return {
      begin: (rate_hz) => node.port.postMessage({ rate_hz }),
      play: (samples) => node.port.postMessage(samples, [samples.buffer]),
      setVolume: (to) => gain.gain.setTargetAtTime(gainOf(to), context.currentTime, 0.02),
      close: () => void context.close(),
    };
  } catch (error) {
    void context.close();
    throw error;
  }
}

/** Ears hear by ratios: half of the way is a quarter of the strength. */
function gainOf(volume: number): number {
  return volume * volume;
}

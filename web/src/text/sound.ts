import type { Heard } from '../state/listening.ts';

/**
 * Why nothing is heard, as far as that is known. `stream_live` is the hub's word on whether the device sends sound;
 * AudioWorklet is there in secure contexts only.
 */
export function listeningText({ state, detail }: Heard, stream_live: boolean, secure_context: boolean): string {
  switch (state) {
    case 'off':
    case 'live':
      return '';
    case 'connecting':
      return 'Waiting for sound…';
    case 'quiet':
      return stream_live ? 'No sound comes.' : 'No sound: the microphone is off.';
    case 'lost':
      return detail ? `No sound. ${detail} Trying again.` : 'No sound: the hub cannot be heard. Trying again.';
    case 'refused':
      return `No sound. ${detail}`;
    case 'unplayable':
      return secure_context
        ? 'This browser cannot play the sound.'
        : 'Browsers play live sound only on pages that come over HTTPS.';
  }
}

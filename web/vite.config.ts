import { defineConfig } from 'vitest/config';
import { precompress } from './build/precompress.ts';
import { vendor } from './build/vendor.ts';

/** `npm run dev` shows this folder's page against a running hub; `ROBOHUB_URL` says where that is. */
const hub = process.env['ROBOHUB_URL'] ?? 'http://127.0.0.1:8080';

/** The hub accepts only its own Origin, so the development server speaks in the hub's name. */
const headers = { origin: new URL(hub).origin };

export default defineConfig({
  plugins: [vendor(), precompress()],
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // three, which nobody loads but panels that ask for it.
    chunkSizeWarningLimit: 800,
  },
  server: {
    port: 5173,
    proxy: {
      '/api': { target: hub, changeOrigin: true, ws: true, headers },
      '/plugins': { target: hub, changeOrigin: true, headers },
    },
  },
  test: {
    include: ['tests/**/*.test.ts'],
    environment: 'node',
    restoreMocks: true,
    testTimeout: 5000,
  },
});

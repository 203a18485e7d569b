/** The tests that judge a folder: its own, all of them pure and part of the `quick` project. */
import { defineConfig } from 'vitest/config';
import { tests } from './folders.mjs';

export default defineConfig({
  test: {
    include: [tests],
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});

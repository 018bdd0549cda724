import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const api = process.env.PATTERNWATCH_API ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  server: { proxy: { "/api": api } },
  // What the bundle holds of others goes out with their licences.
  build: { chunkSizeWarningLimit: 700, license: { fileName: "licenses.md" } },
  test: { include: ["src/**/*.test.{ts,tsx}"] },
});

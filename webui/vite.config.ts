import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const api = process.env.PATTERNWATCH_API ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  server: { proxy: { "/api": api } },
  build: { chunkSizeWarningLimit: 700 },
  test: { include: ["src/**/*.test.{ts,tsx}"] },
});

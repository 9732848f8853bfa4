import { Logger } from '@nestjs/common';
import type { Closing } from './process.js';
import { textSetting, urlSetting, type Environment } from './settings.js';

/** Where spans are sent, and under which name. */
export interface TracingSetting {
  /** The base of a receiver of OTLP over HTTP. */
  readonly endpoint: string;
  /** `undefined`: as the program calls itself. */
  readonly service: string | undefined;
}

/**
 * `OTEL_EXPORTER_OTLP_ENDPOINT` and `OTEL_SERVICE_NAME`; `undefined`: no spans are made. What else OpenTelemetry has settings for
 * (`OTEL_TRACES_SAMPLER`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_BSP_…`), its libraries read themselves. @throws {SettingsError}
 */
export function tracingSetting(env: Environment): TracingSetting | undefined {
  const endpoint = urlSetting(env, 'OTEL_EXPORTER_OTLP_ENDPOINT', ['http', 'https']);
  const service = textSetting(env, 'OTEL_SERVICE_NAME');
  return endpoint === undefined ? undefined : { endpoint, service };
}

/** Makes spans from now on, and sends them; those that are left are sent before the program ends. */
export async function startTracing(
  setting: TracingSetting | undefined,
  { service, version }: { service: string; version: string },
  closing: Closing,
): Promise<void> {
  if (!setting) return;
  // Loaded only where they are wanted: they take longer than the start of the log.
  const [api, { OTLPTraceExporter }, { resourceFromAttributes }, { BatchSpanProcessor, NodeTracerProvider }] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace-node'),
    ]);
  const logger = new Logger('tracing');
  const warn = (text: string) => logger.warn(text);
  const silent = () => undefined;
  api.diag.setLogger({ error: warn, warn, info: silent, debug: silent, verbose: silent });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.name': setting.service ?? service,
      'service.version': version,
      'service.instance.id': String(process.pid),
    }),
    spanProcessors: [
      new BatchSpanProcessor(
        new OTLPTraceExporter({ url: `${setting.endpoint.replace(/\/$/, '')}/v1/traces` }),
      ),
    ],
  });
  provider.register();
  closing.add(() => provider.shutdown());
}

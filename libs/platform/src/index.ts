export { gatewayAdminSetting } from './gateway-admin-setting.js';
export {
  createLogger,
  logLevels,
  NestLogger,
  spanIdsOf,
  traceIdOf,
  type LogContext,
  type LoggerOptions,
  type LogLevel,
} from './logging/index.js';
export { DatabaseProbe } from './database/database-probe.js';
export { createDatabase } from './database/create-database.js';
export { dataSourceOptions, type DatabaseOptions } from './database/data-source-options.js';
export { openLimitPool } from './database/limit-pool.js';
export { pageOf, type KeysetPage } from './database/keyset.js';
export { provideDatabase, provideRole, type OwnedDatabase } from './database/owned-database.js';
export { withClient } from './database/with-client.js';
export { assertPooled, directNameOf } from './database/pooled-sessions.js';
export { databaseSetting } from './database/database-setting.js';
export { openDatabase } from './database/open-database.js';
export { migrate } from './database/migrate.js';
export { Timestamp } from './database/timestamp.column.js';
export { assertPortFree } from './free-port.js';
export { natsAuthorization, type NatsLogin, type NatsUser } from './nats-authorization.js';
export { eventStreamSetting } from './event-stream-setting.js';
export { namespaceSetting, natsSettings, type NatsSettings } from './nats-settings.js';
export { Closing, runServer } from './process.js';
export { readConfig, type Config } from './read-config.js';
export { StartError, type Check, type HealthAddress, type OperationsOptions } from 'nestjs-strangler';
export { natsConnection, openSpan, spanContextOf, type TraceContext } from 'nestjs-strangler/internal';
export { startTracing, tracingSetting, type TracingSetting } from './tracing.js';
export { startLog, type StartedLog } from './start-log.js';
export { packageVersion, projectRoot } from './project-root.js';
export {
  choiceSetting,
  countSetting,
  durationSetting,
  fileSetting,
  healthSetting,
  portSetting,
  requireServers,
  SettingsError,
  shareSetting,
  textSetting,
  urlSetting,
  type AddressShare,
  type ConnectionSettings,
  type Environment,
  pathSetting,
} from './settings.js';
export { corsSetting } from './cors-setting.js';
export { Certificate } from './tls/certificate.js';
export { tlsSetting } from './tls/tls-setting.js';
export { urlOf } from './url-of.js';
export { EmbeddedServers } from './embedded-servers.js';
export { natsOf, openProgramDatabase, type ProgramDatabase } from './program-servers.js';
export { environment, noteReads } from './environment.js';
export { listenerSettings, type ListenerSettings } from './listener-settings.js';
export { type IdentitySetting } from './identity-setting.js';
export { operatorSetting, type OperatorToken } from './operator-setting.js';
export { type RateSettings } from './rate-settings.js';
export { retentionSetting } from './retention-setting.js';
export { witnessSetting } from './witness-setting.js';
export { webhookSetting } from './webhook-setting.js';
export { mailSetting, type MailServerSettings } from './mail-setting.js';
export { paymentsSetting, type PaymentsProvider } from './payments-setting.js';
export { mailGauges, poolOf, processRegistry, unsentMails, type TalliedHistogram } from './metrics/index.js';

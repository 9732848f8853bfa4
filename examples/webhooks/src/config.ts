const { WEBHOOK_SECRET = '', PORT = '8090' } = process.env;

export const secret = WEBHOOK_SECRET;
export const port = Number(PORT);

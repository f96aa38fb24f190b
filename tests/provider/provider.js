// A provider of OpenID Connect for `make verify-oidc`: oidc-provider as it comes, with people and
// programs who do not exist. Its claims and roles are called otherwise than the portal calls them.
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const { ISSUER, PORTAL, AUDIENCE } = process.env;
const { people, programs } = JSON.parse(process.env.WHO);
const LIVES = 45;
const key = () => ({
  ...generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" }),
  kid: randomUUID(), use: "sig", alg: "RS256",
});

// What it keeps outlives a change of its keys, as with a database: that of the library would not.
const kept = new Map();
class Kept {
  constructor(model) { this.model = model; }
  async upsert(id, payload) { kept.set(`${this.model}:${id}`, payload); }
  async find(id) { return kept.get(`${this.model}:${id}`); }
  async findByUid(uid) {
    return [...kept].find(([name, one]) => name.startsWith(`${this.model}:`) && one.uid === uid)?.[1];
  }
  async consume(id) { (await this.find(id)).consumed = Math.floor(Date.now() / 1000); }
  async destroy(id) { kept.delete(`${this.model}:${id}`); }
  async revokeByGrantId(grant) {
    for (const [name, one] of kept) if (one.grantId === grant) kept.delete(name);
  }
}

const settings = (keys) => ({
  jwks: { keys },
  adapter: Kept,
  cookies: { keys: ["kept by nobody"] },
  acrValues: ["urn:ozhb:password", "urn:ozhb:smart-card"],
  scopes: ["openid", "profile"],
  clients: [
    {
      client_id: "ozhb-pages",
      client_secret: "a secret: of + the/pages",
      redirect_uris: [`${PORTAL}/sign-in/done`],
      post_logout_redirect_uris: [`${PORTAL}/signed-out`],
      backchannel_logout_uri: `${PORTAL}/sign-out/by-provider`,
      backchannel_logout_session_required: true,
      grant_types: ["authorization_code", "refresh_token"],
    },
    ...Object.keys(programs).map((client_id) => ({
      client_id,
      client_secret: `a secret of ${client_id}`,
      grant_types: ["client_credentials"],
      response_types: [],
      redirect_uris: [],
    })),
  ],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    backchannelLogout: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: "portal",
        audience: AUDIENCE,
        accessTokenFormat: "jwt",
        accessTokenTTL: LIVES,
        jwt: { sign: { alg: "RS256" } },
      }),
    },
  },
  pkce: { required: () => true },
  ttl: { AccessToken: LIVES, ClientCredentials: LIVES, RefreshToken: 3600, Session: 3600, Grant: 3600, Interaction: 600 },
  rotateRefreshToken: true,
  issueRefreshToken: (ctx, client) => client.grantTypeAllowed("refresh_token"),
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  // Nobody is asked whether the portal may know them: it is the same house.
  loadExistingGrant: async (ctx) => {
    const known = ctx.oidc.session.grantIdFor(ctx.oidc.client.clientId);
    const grant = (known && (await ctx.oidc.provider.Grant.find(known)))
      || new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId,
      });
    grant.addOIDCScope("openid profile");
    grant.addResourceScope(AUDIENCE, "portal");
    await grant.save();
    return grant;
  },
  extraTokenClaims: (ctx, token) => {
    if (token.kind === "ClientCredentials") return programs[token.clientId];
    const source = ctx.oidc.entities.AuthorizationCode ?? ctx.oidc.entities.RefreshToken;
    return { ...people[token.accountId], auth_time: source?.authTime, acr: source?.acr };
  },
});

// Keys are changed as an operator changes them: the same provider, with another set.
let keys = [key()], provider;
const begin = () => {
  provider = new Provider(ISSUER, settings(keys));
  provider.on("server_error", (ctx, error) => console.error(error));
};
begin();

const read = async (request) => {
  let body = "";
  for await (const part of request) body += part;
  return Object.fromEntries(new URLSearchParams(body));
};

// Who signs in says as whom, by what means, and how long ago: the page of a provider's own.
const signIn = async (request, response) => {
  if (request.method === "GET") {
    const { prompt } = await provider.interactionDetails(request, response);
    response.setHeader("Content-Type", "text/html");
    response.end(`<form method="post"><!-- ${prompt.name} --><input name="login"></form>`);
    return;
  }
  const { login, acr, ago } = await read(request);
  const said = login
    ? { login: { accountId: login, acr, ts: Math.floor(Date.now() / 1000) - Number(ago || 0) } }
    : { error: "access_denied", error_description: "nobody signed in" };
  await provider.interactionFinished(request, response, said, { mergeWithLastSubmission: false });
};

createServer((request, response) => {
  if (request.url === "/keys/next" || request.url === "/keys/only") {
    keys = request.url === "/keys/next" ? [key(), ...keys] : keys.slice(0, 1);
    begin();
    response.end();
  } else if (request.url.startsWith("/interaction/")) {
    signIn(request, response).catch((error) => {
      console.error(error);
      response.statusCode = 500;
      response.end();
    });
  } else {
    provider.callback()(request, response);
  }
}).listen(Number(new URL(ISSUER).port), "127.0.0.1");

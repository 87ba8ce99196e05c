// A certified OpenID Connect provider, as strict as it comes, with its own pages to log in at.
// Prints its port; reads one line with the client's redirect URI; prints "ready"; ends with its input.
import http from "node:http";
import readline from "node:readline";

const { default: Provider } = await import(`${process.argv[2]}/lib/index.js`);
console.info = () => {}; // its notices would stand among the lines that are told here
const people = JSON.parse(process.argv[3]);

let answer = (_request, response) => response.end();
const server = http.createServer((request, response) => answer(request, response));
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const { port } = server.address();
console.log(port);

for await (const line of readline.createInterface({ input: process.stdin })) {
    const provider = new Provider(`http://127.0.0.1:${port}`, {
        clients: [
            { client_id: "viewer", client_secret: "a secret: /+%", redirect_uris: [line] },
            { client_id: "public", redirect_uris: [line], token_endpoint_auth_method: "none" },
        ],
        clientBasedCORS: () => false,
        claims: { email: ["email"], profile: ["preferred_username", "groups"] },
        cookies: { keys: ["for tests"] },
        findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
        pkce: { required: () => true, methods: ["S256"] },
    });
    answer = provider.callback();
    console.log("ready");
}
server.closeAllConnections();
server.close();

// SPDX-License-Identifier: GPL-2.0-or-later
// A receiver of OTLP/HTTP for tests: node otlp_receiver.js MODULES PLAN PORT
// What it is sent it reads by OpenTelemetry's own Protocol Buffers, which are in node's modules in MODULES, and prints
// a line of JSON of each request. PLAN is a file: a list of answers, {"status", "headers", "body"}, of which each is
// given once, and the last one for ever; one without a status is never given.
"use strict";
const fs = require("fs");
const http = require("http");
const path = require("path");
const assert = require("assert");

const [modules, plan, port] = process.argv.slice(2);
const root = require(path.join(modules, "@opentelemetry/otlp-transformer/build/src/generated/root"));
const Request = root.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
const IDS = { traceId: 16, spanId: 8, parentSpanId: 8 };

// Ids are in hex in OTLP's JSON, and in base64 in that of Protocol Buffers.
function withIds(request, from, to) {
  const copy = structuredClone(request);
  for (const resource of copy.resourceSpans)
    for (const scope of resource.scopeSpans)
      for (const span of scope.spans)
        for (const [name, size] of Object.entries(IDS))
          if (name in span) {
            const bytes = Buffer.from(span[name], from);
            assert.strictEqual(bytes.length, size, name);
            assert.strictEqual(bytes.toString(from), span[name], name);
            span[name] = bytes.toString(to);
          }
  return copy;
}

// What its messages do not have is lost on the way, and so is what is of another type: then both differ.
function decode(text) {
  const sent = JSON.parse(text);
  const message = Request.fromObject(withIds(sent, "hex", "base64"));
  assert.strictEqual(Request.verify(message), null);
  const bytes = Request.encode(message).finish();
  const read = Request.toObject(Request.decode(bytes), { longs: String, bytes: String });
  const decoded = withIds(JSON.parse(JSON.stringify(read)), "base64", "hex");
  assert.deepStrictEqual(decoded, sent);
  return { decoded, size: bytes.length };
}

function answerNext() {
  const answers = JSON.parse(fs.readFileSync(plan, "utf8"));
  if (answers.length > 1) fs.writeFileSync(plan, JSON.stringify(answers.slice(1)));
  return answers[0];
}

function take(request, text, response) {
  const answer = answerNext();
  const said = { method: request.method, url: request.url, type: request.headers["content-type"], text, status: answer.status };
  try {
    Object.assign(said, decode(text));
  } catch (error) {
    said.fault = String(error);
  }
  if (answer.status) {
    response.writeHead(answer.status, { "Content-Type": "application/json", ...answer.headers });
    response.end(answer.body ?? "{}");
  }
  process.stdout.write(JSON.stringify(said) + "\n");
}

const server = http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => take(request, Buffer.concat(parts).toString("utf8"), response));
});
server.listen(Number(port), "127.0.0.1", () => process.stdout.write(JSON.stringify({ port: server.address().port }) + "\n"));

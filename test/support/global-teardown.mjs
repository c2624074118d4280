export default async function tearDown() {
  await globalThis.plinthServer?.stop();
}

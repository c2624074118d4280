export default async function tearDown() {
  await globalThis.plinthMariadb?.stop();
}

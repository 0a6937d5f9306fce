export async function plot() {}

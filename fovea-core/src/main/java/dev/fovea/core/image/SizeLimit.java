package dev.fovea.core.image;

/** Refuses sizes above the limit before anything of that size is made. */
interface SizeLimit {
    void check(long width, long height);
}

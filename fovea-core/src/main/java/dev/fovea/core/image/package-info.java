/**
 * Pictures: decoding what people have into upright 8-bit RGB, and preparing it for a vision encoder exactly as the
 * checkpoint's own image processor does (resampling, cropping, padding, normalising), with the geometry that leads from
 * a patch back to the pixels it came from. The reference for every value is PIL.
 */
@NullMarked
package dev.fovea.core.image;

import org.jspecify.annotations.NullMarked;

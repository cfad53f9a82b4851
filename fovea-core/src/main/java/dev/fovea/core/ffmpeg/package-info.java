/** The one place that talks to FFmpeg: coded bytes go in, samples come out. */
@NullMarked
package dev.fovea.core.ffmpeg;

import org.jspecify.annotations.NullMarked;

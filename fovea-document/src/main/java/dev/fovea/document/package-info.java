/**
 * Pages of PDF documents as pictures, on Apache PDFBox. A module of its own, so that whoever asks about pictures alone
 * needs no PDF library.
 */
@NullMarked
package dev.fovea.document;

import org.jspecify.annotations.NullMarked;

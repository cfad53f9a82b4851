package dev.fovea.document;

import dev.fovea.core.image.PictureException;
import dev.fovea.core.image.RgbImage;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleBinaryOperator;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.common.PDRectangle;
import org.apache.pdfbox.pdmodel.encryption.InvalidPasswordException;
import org.apache.pdfbox.rendering.ImageType;
import org.apache.pdfbox.rendering.RenderDestination;
import org.jspecify.annotations.Nullable;

/**
 * One document being read: it is looked at, opened, and its pages are drawn one by one. Whatever goes wrong is said in a
 * sentence.
 *
 * @param name of the document
 * @param scale pixels per point of a page
 */
record Reading(String name, DocumentLimits limits, Deadline deadline, DoubleBinaryOperator scale) {

    Document of(byte[] bytes, Pages pages, @Nullable String password) {
        try {
            new PackedParts(name, limits.unfoldedBytes(), deadline).check(bytes);
            try (PDDocument document = Loader.loadPDF(bytes, password == null ? "" : password)) {
                deadline.check();
                return drawn(document, pages);
            }
        } catch (DocumentException e) {
            throw e;
        } catch (InvalidPasswordException e) {
            throw new DocumentException(
                    DocumentException.Kind.PASSWORD,
                    password == null
                            ? name + " is encrypted; give its password"
                            : name + " is encrypted, and the password is not the one it was encrypted with",
                    e);
        } catch (OutOfMemoryError e) {
            throw new DocumentException(
                    name + " does not fit into the memory of "
                            + (Runtime.getRuntime().maxMemory() >> 20)
                            + " MB; give the JVM more (-Xmx), or save its pages as pictures",
                    e);
        } catch (Exception | StackOverflowError e) {
            // Damaged documents lead to whatever the damage leads to.
            deadline.check();
            throw new DocumentException(name + " is a damaged PDF document; save or download it again", e);
        }
    }

    private Document drawn(PDDocument document, Pages pages) {
        int count = document.getNumberOfPages();
        List<Document.Page> drawn = new ArrayList<>();
        Set<String> notes = new LinkedHashSet<>();
        for (int number : pages.of(name, count, limits.pages())) {
            drawn.add(new Document.Page(number, page(document, number, notes)));
        }
        return new Document(drawn, count, List.copyOf(notes));
    }

    private RgbImage page(PDDocument document, int number, Set<String> notes) {
        String called = "Page " + number + " of " + name;
        try {
            PDPage page = document.getPage(number - 1);
            PageContents contents = new PageContents(called, limits, deadline);
            contents.check(page);
            float pixelsPerPoint = pixelsPerPoint(called, page);
            BufferedImage image = new PageRenderer(document, contents, deadline, notes)
                    .renderImage(number - 1, pixelsPerPoint, ImageType.RGB, RenderDestination.VIEW);
            return RgbImage.of(image);
        } catch (IOException | IllegalStateException | IndexOutOfBoundsException e) {
            throw new DocumentException(called + " is damaged; save or download the document again", e);
        }
    }

    private float pixelsPerPoint(String called, PDPage page) {
        PDRectangle box = page.getCropBox();
        boolean lies = page.getRotation() % 180 != 0;
        double width = lies ? box.getHeight() : box.getWidth();
        double height = lies ? box.getWidth() : box.getHeight();
        if (!(width > 0 && width < Float.MAX_VALUE) || !(height > 0 && height < Float.MAX_VALUE)) {
            throw new DocumentException(called + " has no size; save the document again with the program that made it");
        }
        double wanted;
        try {
            wanted = scale.applyAsDouble(width, height);
        } catch (PictureException e) {
            throw new DocumentException(
                    called + " measures " + round(width) + "x" + round(height) + " points: " + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            // The model is shown no pictures at all.
            throw new DocumentException(String.valueOf(e.getMessage()), e);
        }
        // Whole pixels, and never more than the limit, also where a side is shorter than one of them.
        double most = Math.min(
                Math.sqrt(limits.pagePixels() / (width * height)), limits.pagePixels() / Math.max(width, height));
        // A little more than asked for, so that a side is not cut to the pixel below by rounding.
        return (float) (Math.min(wanted, most) * (1 + 1e-6));
    }

    private static long round(double points) {
        return Math.round(points);
    }
}

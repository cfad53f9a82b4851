package dev.fovea.document;

import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.PDPageContentStream;
import org.apache.pdfbox.pdmodel.common.PDRectangle;
import org.apache.pdfbox.pdmodel.encryption.AccessPermission;
import org.apache.pdfbox.pdmodel.encryption.StandardProtectionPolicy;

/** Documents, made by PDFBox. */
final class Papers {
    private Papers() {}

    /** Makes something of a document. */
    interface Step {
        void on(PDDocument document) throws IOException;
    }

    static byte[] made(Step step) {
        try (PDDocument document = new PDDocument()) {
            step.on(document);
            return saved(document);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] saved(PDDocument document) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        document.save(out);
        return out.toByteArray();
    }

    /** A page of this size, all of one colour, with a black square of 20 points in its upper left corner. */
    static PDPage page(PDDocument document, float width, float height, Color colour) throws IOException {
        PDPage page = new PDPage(new PDRectangle(width, height));
        document.addPage(page);
        try (PDPageContentStream content = new PDPageContentStream(document, page)) {
            content.setNonStrokingColor(colour);
            content.addRect(0, 0, width, height);
            content.fill();
            content.setNonStrokingColor(Color.BLACK);
            content.addRect(0, height - 20, 20, 20);
            content.fill();
        }
        return page;
    }

    /** Pages of 200 by 100 points: red, green, blue, and so on. */
    static byte[] coloured(int pages) {
        Color[] colours = {Color.RED, Color.GREEN, Color.BLUE};
        return made(document -> {
            for (int i = 0; i < pages; i++) {
                page(document, 200, 100, colours[i % colours.length]);
            }
        });
    }

    static byte[] encrypted(String password) {
        return made(document -> {
            page(document, 200, 100, Color.RED);
            StandardProtectionPolicy policy = new StandardProtectionPolicy("owner", password, new AccessPermission());
            policy.setEncryptionKeyLength(256);
            document.protect(policy);
        });
    }

    /** A page whose content is what it is. */
    static byte[] of(String content) {
        return made(document -> {
            PDPage page = new PDPage(new PDRectangle(200, 100));
            document.addPage(page);
            var stream = new org.apache.pdfbox.pdmodel.common.PDStream(document);
            try (var out = stream.createOutputStream(org.apache.pdfbox.cos.COSName.FLATE_DECODE)) {
                out.write(content.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
            }
            page.setContents(stream);
        });
    }
}

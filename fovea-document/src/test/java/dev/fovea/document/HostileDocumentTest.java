package dev.fovea.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.zip.DeflaterOutputStream;
import org.apache.pdfbox.cos.COSArray;
import org.apache.pdfbox.cos.COSName;
import org.apache.pdfbox.cos.COSStream;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.PDResources;
import org.apache.pdfbox.pdmodel.common.PDRectangle;
import org.apache.pdfbox.pdmodel.common.PDStream;
import org.apache.pdfbox.pdmodel.encryption.AccessPermission;
import org.apache.pdfbox.pdmodel.encryption.StandardProtectionPolicy;
import org.apache.pdfbox.pdmodel.graphics.form.PDFormXObject;
import org.apache.pdfbox.pdmodel.graphics.image.PDImageXObject;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Documents that ask for more memory or time than anybody wants to give: each is refused in one sentence, soon. */
@Timeout(60)
class HostileDocumentTest {
    private static final DocumentLimits LIMITS =
            DocumentLimits.DEFAULT.withUnfoldedBytes(8 << 20).withTime(Duration.ofSeconds(10));

    private static void refused(byte[] bytes, String... parts) {
        refused(LIMITS, bytes, parts);
    }

    private static void refused(DocumentLimits limits, byte[] bytes, String... parts) {
        long start = System.nanoTime();
        assertThatThrownBy(() -> new DocumentReader(limits).read(bytes, "x.pdf", Pages.all(), null, (w, h) -> 1))
                .isInstanceOf(DocumentException.class)
                .hasMessageContainingAll(parts);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
    }

    /** A page whose content is zeros, packed. */
    private static void packed(PDDocument document, int bytes, COSName... filters) throws IOException {
        PDPage page = new PDPage(new PDRectangle(200, 100));
        document.addPage(page);
        COSStream stream = new PDStream(document).getCOSObject();
        COSArray names = new COSArray();
        for (COSName filter : filters) {
            names.add(filter);
        }
        try (OutputStream out = stream.createOutputStream(names)) {
            out.write(new byte[bytes]);
        }
        page.setContents(new PDStream(stream));
    }

    private static byte[] withContents(int bytes, COSName... filters) {
        return Papers.made(document -> packed(document, bytes, filters));
    }

    @Test
    void aPageOfFewBytesThatUnfoldsToMany() {
        byte[] bytes = withContents(20 << 20, COSName.FLATE_DECODE);
        assertThat(bytes.length).isLessThan(100_000);
        refused(bytes, "x.pdf", "unfolds to more than 8388608 bytes, the limit");
    }

    /** Not only what deflate packed, and not only in files that can be read as they lie. */
    @Test
    void otherFiltersAndEncryptedPagesToo() {
        DocumentLimits small = LIMITS.withUnfoldedBytes(16 << 10);
        refused(small, withContents(32 << 10, COSName.LZW_DECODE), "Page 1 of x.pdf unfolds to more than");
        refused(small, withContents(32 << 10, COSName.RUN_LENGTH_DECODE), "Page 1 of x.pdf unfolds to more than");
        refused(
                small,
                withContents(32 << 10, COSName.ASCII_HEX_DECODE, COSName.FLATE_DECODE),
                "Page 1 of x.pdf unfolds to more than");
        byte[] encrypted = Papers.made(document -> {
            packed(document, 20 << 20, COSName.FLATE_DECODE);
            document.protect(new StandardProtectionPolicy("owner", "", new AccessPermission()));
        });
        refused(encrypted, "Page 1 of x.pdf unfolds to more than");
    }

    /** Tables are unfolded before anything else is known of a document. */
    @Test
    void aTableThatUnfoldsToManyBytes() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new DeflaterOutputStream(packed)) {
            out.write(new byte[20 << 20]);
        }
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.write("%PDF-1.5\n1 0 obj\n<</Type/XRef/Size 9/W[1 2 1]/Root 2 0 R/Filter/FlateDecode/Length "
                .getBytes(StandardCharsets.US_ASCII));
        file.write((packed.size() + ">>\nstream\r\n").getBytes(StandardCharsets.US_ASCII));
        packed.writeTo(file);
        file.write("\nendstream\nendobj\nstartxref\n9\n%%EOF".getBytes(StandardCharsets.US_ASCII));
        refused(file.toByteArray(), "A part of x.pdf unfolds to more than");
    }

    @Test
    void aPictureThatClaimsToBeHuge() {
        byte[] bytes = Papers.made(document -> {
            PDPage page = new PDPage(new PDRectangle(200, 100));
            document.addPage(page);
            PDImageXObject image = new PDImageXObject(
                    document,
                    new java.io.ByteArrayInputStream(new byte[100]),
                    COSName.FLATE_DECODE,
                    100_000,
                    100_000,
                    8,
                    org.apache.pdfbox.pdmodel.graphics.color.PDDeviceRGB.INSTANCE);
            PDResources resources = new PDResources();
            resources.put(COSName.getPDFName("I"), image);
            page.setResources(resources);
        });
        refused(bytes, "Page 1 of x.pdf shows a picture that claims 100000x100000 pixels, more than the limit");
        refused(
                Papers.of("q 200 0 0 100 0 0 cm BI /W 100000 /H 100000 /BPC 8 /CS /G ID " + "0".repeat(50) + " EI Q"),
                "shows a picture that claims 100000x100000 pixels");
    }

    /** Ten forms, each of which shows the next ten times: ten thousand million squares. */
    @Test
    void aPageThatRepeatsItselfForDaysEndsInTime() {
        byte[] bytes = Papers.made(document -> {
            PDPage page = new PDPage(new PDRectangle(200, 100));
            document.addPage(page);
            PDFormXObject last = form(document, "0 0 1 1 re f ", null);
            for (int i = 0; i < 9; i++) {
                last = form(document, "/N Do ".repeat(10), last);
            }
            PDResources resources = new PDResources();
            resources.put(COSName.getPDFName("N"), last);
            page.setResources(resources);
            PDStream content = new PDStream(document);
            try (OutputStream out = content.createOutputStream()) {
                out.write("/N Do ".repeat(10).getBytes(StandardCharsets.US_ASCII));
            }
            page.setContents(content);
        });
        refused(
                LIMITS.withTime(Duration.ofMillis(1_500)),
                bytes,
                "x.pdf takes longer to read than the limit of 1.5 seconds");
    }

    private static PDFormXObject form(PDDocument document, String content, @Nullable PDFormXObject next)
            throws IOException {
        PDFormXObject form = new PDFormXObject(document);
        form.setBBox(new PDRectangle(200, 100));
        try (OutputStream out = form.getStream().createOutputStream()) {
            out.write(content.getBytes(StandardCharsets.US_ASCII));
        }
        PDResources resources = new PDResources();
        if (next != null) {
            resources.put(COSName.getPDFName("N"), next);
        }
        form.setResources(resources);
        return form;
    }

    @Test
    void aDocumentOfTooManyBytes() {
        byte[] bytes = Papers.coloured(1);
        refused(LIMITS.withFileBytes(bytes.length - 1), bytes, "more than " + (bytes.length - 1) + " bytes, the limit");
    }

    @Test
    void whoIsInterruptedIsLetGo() throws InterruptedException {
        Throwable[] thrown = new Throwable[1];
        boolean[] still = new boolean[1];
        Thread thread = Thread.ofPlatform().start(() -> {
            Thread.currentThread().interrupt();
            try {
                new DocumentReader().read(Papers.coloured(1), "x.pdf", Pages.all(), null, (w, h) -> 1);
            } catch (DocumentException e) {
                thrown[0] = e;
            }
            still[0] = Thread.currentThread().isInterrupted();
        });
        thread.join();
        assertThat(thrown[0]).hasMessage("x.pdf was not read because its thread was interrupted");
        assertThat(still[0]).isTrue();
    }
}

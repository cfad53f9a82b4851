package dev.fovea.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.image.PictureException;
import dev.fovea.core.image.RgbImage;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.PDPageContentStream;
import org.apache.pdfbox.pdmodel.common.PDRectangle;
import org.apache.pdfbox.pdmodel.font.PDType1Font;
import org.apache.pdfbox.pdmodel.font.Standard14Fonts;
import org.apache.pdfbox.pdmodel.interactive.action.PDActionJavaScript;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pages as pictures, from documents that PDFBox made. */
class DocumentReaderTest {
    private final DocumentReader reader = new DocumentReader();

    private Document read(byte[] bytes, Pages pages, @Nullable String password) {
        return reader.read(bytes, "x.pdf", pages, password, (width, height) -> 2);
    }

    private Document read(byte[] bytes) {
        return read(bytes, Pages.all(), null);
    }

    private static List<Integer> at(RgbImage image, int x, int y) {
        return List.of(image.sample(x, y, 0), image.sample(x, y, 1), image.sample(x, y, 2));
    }

    @Test
    void everyPageIsDrawnInOrder() {
        Document document = read(Papers.coloured(3));
        assertThat(document.count()).isEqualTo(3);
        assertThat(document.notes()).isEmpty();
        assertThat(document.pages()).extracting(Document.Page::number).containsExactly(1, 2, 3);
        assertThat(document.images()).allSatisfy(image -> {
            assertThat(image.width()).isEqualTo(400);
            assertThat(image.height()).isEqualTo(200);
            assertThat(at(image, 20, 20)).containsExactly(0, 0, 0);
        });
        assertThat(document.images().stream().map(image -> at(image, 300, 100)))
                .containsExactly(List.of(255, 0, 0), List.of(0, 255, 0), List.of(0, 0, 255));
    }

    @Test
    void chosenPagesAlone() {
        Document document = read(Papers.coloured(5), Pages.parse("5,2-3"), null);
        assertThat(document.count()).isEqualTo(5);
        assertThat(document.pages()).extracting(Document.Page::number).containsExactly(2, 3, 5);
        assertThat(document.images().stream().map(image -> at(image, 300, 100)))
                .containsExactly(List.of(0, 255, 0), List.of(0, 0, 255), List.of(0, 255, 0));
    }

    /** Turned clockwise by a quarter, what was at the upper left is at the upper right. */
    @Test
    void aPageIsTurnedAsTheDocumentSays() {
        byte[] bytes = Papers.made(
                document -> Papers.page(document, 200, 100, Color.RED).setRotation(90));
        double[] asked = new double[2];
        RgbImage image = reader.read(bytes, "x.pdf", Pages.all(), null, (width, height) -> {
                    asked[0] = width;
                    asked[1] = height;
                    return 1;
                })
                .images()
                .getFirst();
        assertThat(asked).containsExactly(100, 200);
        assertThat(image.width()).isEqualTo(100);
        assertThat(image.height()).isEqualTo(200);
        assertThat(at(image, 90, 10)).containsExactly(0, 0, 0);
        assertThat(at(image, 10, 10)).containsExactly(255, 0, 0);
    }

    @Test
    void wordsAreDrawnAlsoInFontsThatAreNotInTheDocument() {
        byte[] bytes = Papers.made(document -> {
            PDPage page = new PDPage(new PDRectangle(200, 100));
            document.addPage(page);
            try (PDPageContentStream content = new PDPageContentStream(document, page)) {
                content.beginText();
                content.setFont(new PDType1Font(Standard14Fonts.FontName.HELVETICA), 40);
                content.newLineAtOffset(10, 30);
                content.showText("HELLO");
                content.endText();
            }
        });
        RgbImage image = read(bytes).images().getFirst();
        int dark = 0;
        for (int i = 0; i < image.rgb().length; i += 3) {
            dark += (image.rgb()[i] & 0xff) < 128 ? 1 : 0;
        }
        assertThat(dark).isBetween(2_000, 12_000);
    }

    @Test
    void anEncryptedDocumentWantsItsPassword() {
        byte[] bytes = Papers.encrypted("sesame");
        assertThatThrownBy(() -> read(bytes))
                .isInstanceOfSatisfying(
                        DocumentException.class, e -> assertThat(e.kind()).isEqualTo(DocumentException.Kind.PASSWORD))
                .hasMessage("x.pdf is encrypted; give its password");
        assertThatThrownBy(() -> read(bytes, Pages.all(), "Sesame"))
                .isInstanceOfSatisfying(
                        DocumentException.class, e -> assertThat(e.kind()).isEqualTo(DocumentException.Kind.PASSWORD))
                .hasMessageContaining("the password is not the one")
                .hasMessageNotContaining("Sesame");
        assertThat(at(read(bytes, Pages.all(), "sesame").images().getFirst(), 300, 100))
                .containsExactly(255, 0, 0);
        assertThat(read(Papers.encrypted("")).pages()).hasSize(1);
    }

    @Test
    void aDocumentWithoutPagesSaysSo() {
        assertThatThrownBy(() -> read(Papers.made(document -> {})))
                .isInstanceOf(DocumentException.class)
                .hasMessageContaining("x.pdf has no pages");
    }

    @Test
    void ofTenThousandPagesSomeMustBeChosen() {
        byte[] bytes = Papers.made(document -> {
            for (int i = 0; i < 10_000; i++) {
                document.addPage(new PDPage(new PDRectangle(20, 10)));
            }
        });
        assertThatThrownBy(() -> read(bytes))
                .isInstanceOf(DocumentException.class)
                .hasMessage("x.pdf has 10000 pages, more than the 32 that are read at once; choose some, for example"
                        + " 1-32");
        assertThat(read(bytes, Pages.parse("9999-"), null).pages())
                .extracting(Document.Page::number)
                .containsExactly(9_999, 10_000);
    }

    /** As many pixels as the limit allows, whatever the model wants, and at least one on the shorter side. */
    @Test
    void aPageThatIsALineHasPixelsWithinTheLimit() {
        byte[] bytes = Papers.made(document -> document.addPage(new PDPage(new PDRectangle(1, 14_400))));
        DocumentReader small = new DocumentReader(DocumentLimits.DEFAULT.withPagePixels(100_000));
        RgbImage image = small.read(bytes, "x.pdf", Pages.all(), null, (width, height) -> 1_000)
                .images()
                .getFirst();
        assertThat((long) image.width() * image.height()).isBetween(10_000L, 100_000L);
        assertThatThrownBy(() -> reader.read(bytes, "x.pdf", Pages.all(), null, (width, height) -> {
                    throw new PictureException("too elongated; crop it first");
                }))
                .isInstanceOf(DocumentException.class)
                .hasMessage("Page 1 of x.pdf measures 1x14400 points: too elongated; crop it first");
    }

    /** Cut anywhere, a document is read or refused in a sentence. */
    @Test
    void aBrokenDocumentIsSaidToBe() {
        byte[] whole = Papers.coloured(2);
        int refused = 0;
        for (int cut = 8; cut < whole.length; cut += whole.length / 40) {
            try {
                read(Arrays.copyOf(whole, cut));
            } catch (DocumentException e) {
                refused++;
                assertThat(e.getMessage()).contains("x.pdf").doesNotContain("\n");
            }
        }
        assertThat(refused).isPositive();
        assertThatThrownBy(() -> read("%PDF-1.7\nand nothing else".getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .isInstanceOf(DocumentException.class)
                .hasMessage("x.pdf is a damaged PDF document; save or download it again");
        assertThatThrownBy(() -> read(new byte[10]))
                .isInstanceOf(DocumentException.class)
                .hasMessageContaining("is no PDF document");
    }

    /** Bytes changed at random, seed by seed. */
    @Test
    void aChangedDocumentIsReadOrRefusedInASentence() {
        byte[] whole = Papers.coloured(1);
        DocumentReader quick = new DocumentReader(DocumentLimits.DEFAULT.withTime(java.time.Duration.ofSeconds(20)));
        for (int seed = 0; seed < 60; seed++) {
            byte[] changed = whole.clone();
            java.util.Random random = new java.util.Random(seed);
            for (int i = 0; i < 1 + seed % 8; i++) {
                changed[8 + random.nextInt(changed.length - 8)] = (byte) random.nextInt(256);
            }
            int of = seed;
            assertThatCode(() -> {
                        try {
                            quick.read(changed, "x.pdf", Pages.all(), null, (width, height) -> 1);
                        } catch (DocumentException e) {
                            assertThat(e.getMessage()).contains("x.pdf");
                        }
                    })
                    .as("seed " + of)
                    .doesNotThrowAnyException();
        }
    }

    /** What a document would do when it is opened is not done. */
    @Test
    void scriptsAreNotRun() {
        byte[] bytes = Papers.made(document -> {
            Papers.page(document, 200, 100, Color.RED);
            document.getDocumentCatalog().setOpenAction(new PDActionJavaScript("app.launchURL('http://127.0.0.1:9/')"));
        });
        assertThat(read(bytes).pages()).hasSize(1);
    }

    @Test
    void filesAreToldByTheirFirstBytes(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("paper.bin"), Papers.coloured(1));
        assertThat(DocumentReader.isDocument(file)).isTrue();
        assertThat(reader.read(file, Pages.all(), null, (w, h) -> 1).pages()).hasSize(1);
        assertThat(DocumentReader.isDocument(folder)).isFalse();
        assertThat(DocumentReader.isDocument(folder.resolve("none.pdf"))).isFalse();
        assertThatThrownBy(() -> reader.read(folder.resolve("none.pdf"), Pages.all(), null, (w, h) -> 1))
                .isInstanceOf(DocumentException.class)
                .hasMessageEndingWith("none.pdf does not exist; check the path of the document");
        byte[] later = new byte[1_200];
        System.arraycopy("%PDF-1.4".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0, later, 1_000, 8);
        assertThat(DocumentReader.isDocument(later)).isTrue();
        assertThat(DocumentReader.isDocument(Arrays.copyOf(later, 1_004))).isFalse();
    }

    @Test
    void twoReadersAtOnceDrawTheSame() throws Exception {
        byte[] bytes = Papers.coloured(3);
        byte[] alone = read(bytes).images().getLast().rgb();
        try (var threads = java.util.concurrent.Executors.newFixedThreadPool(4)) {
            List<java.util.concurrent.Future<Document>> all =
                    threads.invokeAll(java.util.Collections.nCopies(4, () -> read(bytes)));
            for (var one : all) {
                assertThat(one.get().images().getLast().rgb()).isEqualTo(alone);
            }
        }
    }

    @Test
    void documentsCanHaveAPageThatIsNone() {
        byte[] bytes = Papers.made(document -> document.addPage(new PDPage(new PDRectangle(0, 0))));
        assertThatThrownBy(() -> read(bytes))
                .isInstanceOf(DocumentException.class)
                .hasMessageStartingWith("Page 1 of x.pdf has no size");
    }
}

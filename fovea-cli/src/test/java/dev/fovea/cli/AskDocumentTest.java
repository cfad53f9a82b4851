package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.common.PDRectangle;
import org.apache.pdfbox.pdmodel.encryption.AccessPermission;
import org.apache.pdfbox.pdmodel.encryption.StandardProtectionPolicy;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ask} about pages of PDF documents, on a tiny checkpoint: 16 visual tokens a picture. */
class AskDocumentTest {
    private static final String QUESTION = "What is the total on this page?";

    @TempDir
    Path folder;

    private Path paper(int pages, @Nullable String password) throws IOException {
        Path file = folder.resolve("paper.pdf");
        try (PDDocument document = new PDDocument()) {
            for (int i = 0; i < pages; i++) {
                document.addPage(new PDPage(new PDRectangle(595, 842)));
            }
            if (password != null) {
                document.protect(new StandardProtectionPolicy("owner", password, new AccessPermission()));
            }
            document.save(file.toFile());
        }
        return file;
    }

    private static Run ask(Path file, Object... more) {
        List<Object> all = new ArrayList<>(List.of("ask", file, QUESTION, "--model", Run.MODEL, "--json"));
        all.addAll(Arrays.asList(more));
        return Run.of(all.toArray());
    }

    private static int visual(Run run) {
        assertThat(run.code()).as(run.err()).isZero();
        return run.json().path("visual_tokens").path("total").intValue();
    }

    @Test
    void everyPageIsAPicture() throws IOException {
        Path file = paper(3, null);
        assertThat(visual(ask(file))).isEqualTo(48);
        assertThat(visual(ask(file, "--pages", "1,3-"))).isEqualTo(32);
        assertThat(visual(Run.of("ask", Run.PICTURE, file, QUESTION, "--model", Run.MODEL, "--json", "--pages", "2")))
                .isEqualTo(32);
    }

    @Test
    void everyPageHasAnOverlay() throws IOException {
        Path overlay = folder.resolve("kept.png");
        Run run = ask(paper(2, null), "-t", "hiprune", "-b", "50%", "--overlay", overlay);
        assertThat(visual(run)).isEqualTo(32);
        assertThat(folder.resolve("kept-1.png")).exists();
        assertThat(folder.resolve("kept-2.png")).exists();
    }

    @Test
    void anEncryptedDocumentWantsItsPassword() throws IOException {
        Path file = paper(1, "sesame");
        Run without = ask(file);
        assertThat(without.code()).isEqualTo(ExitCode.INPUT);
        assertThat(without.err())
                .isEqualTo("fovea: " + file + " is encrypted; give its password with --password FILE\n");
        Path wrong = Files.writeString(folder.resolve("wrong"), "Sesame\n");
        Run refused = ask(file, "--password", wrong);
        assertThat(refused.code()).isEqualTo(ExitCode.INPUT);
        assertThat(refused.err()).contains("the password is not the one").doesNotContain("Sesame");
        Path right = Files.writeString(folder.resolve("right"), "sesame\nmore\n");
        Run read = ask(file, "--password", right);
        assertThat(visual(read)).isEqualTo(16);
        assertThat(read.out() + read.err()).doesNotContain("sesame");
        assertThat(ask(file, "--password", folder.resolve("none")).err())
                .contains("the password file", "cannot be read; check its path");
        Path empty = Files.writeString(folder.resolve("empty"), "\n");
        assertThat(ask(file, "--password", empty).err()).contains("holds no password in its first line");
    }

    @Test
    void whatIsWrongIsSaidInASentence() throws IOException {
        Path file = paper(40, null);
        Run many = ask(file);
        assertThat(many.code()).isEqualTo(ExitCode.INPUT);
        assertThat(many.err()).contains("has 40 pages, more than the 32 that are read at once; choose some");
        assertThat(ask(file, "--pages", "50").err()).contains("has 40 pages, and no page 50");
        Run pages = ask(file, "--pages", "a");
        assertThat(pages.code()).isEqualTo(ExitCode.USAGE);
        assertThat(pages.err()).contains("--pages: 'a' names no pages; write them like 1,3-5 or 7-.");
        Run picture = ask(Run.PICTURE, "--pages", "1");
        assertThat(picture.code()).isEqualTo(ExitCode.USAGE);
        assertThat(picture.err()).contains("--pages and --password are about PDF documents; name one");
        Run frames = ask(file, "--fps", "2");
        assertThat(frames.code()).isEqualTo(ExitCode.USAGE);
        Run missing = ask(folder.resolve("none.pdf"));
        assertThat(missing.code()).isEqualTo(ExitCode.INPUT);
        assertThat(missing.err()).contains("none.pdf does not exist");
        Path broken = Files.write(folder.resolve("broken.pdf"), Arrays.copyOf(Files.readAllBytes(file), 100));
        assertThat(ask(broken).err()).contains("broken.pdf is a damaged PDF document");
    }

    @Test
    void pagesCanBeShownInAConversation() throws IOException {
        Path file = paper(2, null);
        Run run = Run.with(
                "/image " + file + "\n" + QUESTION + "\n",
                new Interruption(),
                "ask",
                Run.PICTURE,
                "--model",
                Run.MODEL);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err()).contains("pictures 2 to 3, pages of " + file + ", are shown with your next question");
        assertThat(run.out()).contains("48 of 48 visual tokens");
    }

    @Test
    void aModelThatReadsTextAloneSaysSo() throws IOException {
        Path text = Run.MODEL.resolveSibling("text-llama");
        Run run = Run.of("ask", paper(1, null), QUESTION, "--model", text);
        assertThat(run.code()).isEqualTo(ExitCode.INPUT);
        assertThat(run.err()).contains("This model reads text alone");
    }
}

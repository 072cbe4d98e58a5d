# SPDX-License-Identifier: MIT
bashcompdir = $(datadir)/bash-completion/completions
dist_bashcomp_DATA = \
	completions/evfilter.bash \
	completions/evlake.bash \
	completions/evpub.bash \
	completions/evreplay.bash \
	completions/evroute.bash \
	completions/evstream.bash
zshcompdir = $(datadir)/zsh/site-functions
dist_zshcomp_DATA = \
	completions/_evfilter \
	completions/_evlake \
	completions/_evpub \
	completions/_evreplay \
	completions/_evroute \
	completions/_evstream
fishcompdir = $(datadir)/fish/vendor_completions.d
dist_fishcomp_DATA = \
	completions/evfilter.fish \
	completions/evlake.fish \
	completions/evpub.fish \
	completions/evreplay.fish \
	completions/evroute.fish \
	completions/evstream.fish

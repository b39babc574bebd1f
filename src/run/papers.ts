// The papers behind rules and data sets, as BibTeX: literal tables by name. Facts only; what is not here is said to be not here.

export interface Paper {
  readonly kind: 'article' | 'inproceedings' | 'misc';
  readonly fields: Readonly<Record<string, string>>;
}

const paper = (kind: Paper['kind'], author: string, title: string, year: string, rest: Readonly<Record<string, string>>): Paper => ({ kind, fields: { author, title, year, ...rest } }); // prettier-ignore
const neurips = { booktitle: 'Advances in Neural Information Processing Systems' };

/** By the keys that rules and data sets point to. */
export const papers = {
  rumelhart1986: paper('article', 'Rumelhart, David E. and Hinton, Geoffrey E. and Williams, Ronald J.', 'Learning representations by back-propagating errors', '1986', { journal: 'Nature', volume: '323', pages: '533--536' }),
  werbos1990: paper('article', 'Werbos, Paul J.', 'Backpropagation through time: what it does and how to do it', '1990', { journal: 'Proceedings of the IEEE', volume: '78', number: '10', pages: '1550--1560' }),
  scellier2017: paper('article', 'Scellier, Benjamin and Bengio, Yoshua', 'Equilibrium Propagation: Bridging the Gap between Energy-Based Models and Backpropagation', '2017', { journal: 'Frontiers in Computational Neuroscience', volume: '11', pages: '24', eprint: '1602.05179', archiveprefix: 'arXiv' }),
  laborieux2021: paper('article', 'Laborieux, Axel and others', 'Scaling Equilibrium Propagation to Deep ConvNets by Drastically Reducing Its Gradient Estimator Bias', '2021', { journal: 'Frontiers in Neuroscience', volume: '15', pages: '633674', eprint: '2006.03824', archiveprefix: 'arXiv' }),
  lillicrap2016: paper('article', 'Lillicrap, Timothy P. and Cownden, Daniel and Tweed, Douglas B. and Akerman, Colin J.', 'Random synaptic feedback weights support error backpropagation for deep learning', '2016', { journal: 'Nature Communications', volume: '7', pages: '13276', eprint: '1411.0247', archiveprefix: 'arXiv' }),
  nokland2016: paper('inproceedings', 'N{\\o}kland, Arild', 'Direct feedback alignment provides learning in deep neural networks', '2016', { ...neurips, eprint: '1609.01596', archiveprefix: 'arXiv' }),
  akrout2019: paper('inproceedings', 'Akrout, Mohamed and others', 'Deep learning without weight transport', '2019', { ...neurips, eprint: '1904.05391', archiveprefix: 'arXiv' }),
  sanfiz2021: paper('misc', "Jim{\\'e}nez Sanfiz, Albert and Akrout, Mohamed", 'Benchmarking the accuracy and robustness of feedback alignment algorithms', '2021', { eprint: '2108.13446', archiveprefix: 'arXiv' }),
  frenkel2021: paper('article', 'Frenkel, Charlotte and others', 'Learning without feedback: Fixed random learning signals allow for feedforward training of deep neural networks', '2021', { journal: 'Frontiers in Neuroscience', volume: '15', pages: '629892' }),
  lee2015: paper('inproceedings', 'Lee, Dong-Hyun and Zhang, Saizheng and Fischer, Asja and Bengio, Yoshua', 'Difference target propagation', '2015', { booktitle: 'European Conference on Machine Learning (ECML)', eprint: '1412.7525', archiveprefix: 'arXiv' }),
  bartunov2018: paper('inproceedings', 'Bartunov, Sergey and others', 'Assessing the scalability of biologically-motivated deep learning algorithms and architectures', '2018', { ...neurips, eprint: '1807.04587', archiveprefix: 'arXiv' }),
  meulemans2020: paper('inproceedings', 'Meulemans, Alexander and others', 'A theoretical framework for target propagation', '2020', { ...neurips, eprint: '2006.14331', archiveprefix: 'arXiv' }),
  ernoult2022: paper('inproceedings', 'Ernoult, Maxence and others', 'Towards scaling difference target propagation by learning backprop targets', '2022', { booktitle: 'International Conference on Machine Learning (ICML)', eprint: '2201.13415', archiveprefix: 'arXiv' }),
  lecun1998: paper('article', 'LeCun, Yann and Bottou, L{\\\'e}on and Bengio, Yoshua and Haffner, Patrick', 'Gradient-based learning applied to document recognition', '1998', { journal: 'Proceedings of the IEEE', volume: '86', number: '11', pages: '2278--2324' }),
  xiao2017: paper('misc', 'Xiao, Han and Rasul, Kashif and Vollgraf, Roland', 'Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms', '2017', { eprint: '1708.07747', archiveprefix: 'arXiv' }),
} satisfies Readonly<Record<string, Paper>>; // prettier-ignore

export type PaperKey = keyof typeof papers;

/** Rules by name. */
export const rulePapers: Readonly<Record<string, readonly PaperKey[]>> = {
  ep: ['scellier2017', 'laborieux2021'],
  bp: ['rumelhart1986'], shallow: ['rumelhart1986'], bptt: ['werbos1990'],
  fa: ['lillicrap2016'], ifa: ['nokland2016'], 'ifa-random': ['nokland2016'], dfa: ['nokland2016'], 'dfa-shared': ['nokland2016'],
  'sign-symmetric': ['sanfiz2021'], usf: ['sanfiz2021'], frsf: ['sanfiz2021'], brsf: ['sanfiz2021'], kp: ['akrout2019'], 'kolen-pollack': ['akrout2019'],
  wm: ['akrout2019'], 'weight-mirror': ['akrout2019'], drtp: ['frenkel2021'],
  tp: ['lee2015'], dtp: ['lee2015'], sdtp: ['bartunov2018'], 'sdtp-g': ['bartunov2018'], 'ao-sdtp': ['bartunov2018'],
  drl: ['meulemans2020'], 'l-drl': ['ernoult2022'],
}; // prettier-ignore

/** Data sets by name; those made from a seed have no paper. */
export const dataPapers: Readonly<Record<string, readonly PaperKey[]>> = {
  mnist: ['lecun1998'],
  'fashion-mnist': ['xiao2017'],
};
